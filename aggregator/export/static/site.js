// Turns every <time> into "3 days ago" and keeps it true while the page is open.
// Without this script the absolute time stands there; the page itself never says how long ago something was.
(() => {
  "use strict";
  const DAY = 86400;
  const UNITS = [["second", 1], ["minute", 60], ["hour", 3600], ["day", DAY]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const exact = new Intl.RelativeTimeFormat("en", { numeric: "always" });

  function told(age, span) {
    if (age < -60 || age > 30 * DAY) return null; // far off: the date says more
    if (span > 12 * 3600 && age < 2 * DAY) {
      return age < DAY ? "in the last day" : "about a day ago";
    }
    if (age < 60) return "just now";
    let [unit, size] = UNITS[0];
    for (const one of UNITS) if (age >= one[1]) [unit, size] = one;
    const said = (unit === "day" && !span ? words : exact).format(-Math.floor(age / size), unit);
    return span * 5 > age ? "about " + said : said;
  }

  function refresh() {
    const now = Date.now() / 1000;
    for (const time of document.querySelectorAll("time[datetime]")) {
      if (time.closest(".prose")) continue; // the article's own
      const at = Date.parse(time.dateTime) / 1000;
      if (!Number.isFinite(at)) continue;
      time.dataset.absolute ??= time.textContent;
      const said = told(now - at, Number(time.dataset.span || 0)) ?? time.dataset.absolute;
      if (time.textContent !== said) time.textContent = said;
    }
  }

  refresh();
  setInterval(refresh, 30000);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
})();
