"""A digest as a message: text and HTML side by side (RFC 2046), 7 bits throughout, its headers RFC 5322's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aggregator.export import digest as told
from aggregator.export.digest import Digest
from aggregator.export.text import printable

# Bodies are encoded so that every relay takes them; a header of several lines is refused by the policy.
_POLICY = SMTP.clone(cte_type="7bit")
#: the domain of a message that has no sender yet
_NOWHERE = "localhost"


def message(
    digest: Digest,
    *,
    sender: str,
    to: Sequence[str] = (),
    sent_at: datetime,
    number: str,
    list_number: str,
) -> EmailMessage:
    """The message. ``number``: a UUID of this digest, the same at each attempt to send it; ``list_number``
    one of all digests of this store.
    """
    made = EmailMessage(policy=_POLICY)
    made["From"] = sender
    if to:
        made["To"] = ", ".join(to)
    made["Subject"] = told.subject(digest)
    made["Date"] = format_datetime(sent_at.astimezone(UTC))
    made["Message-ID"] = f"<{number}@{_domain(made)}>"
    # RFC 2919, 3: a list that has no domain of its own is below localhost
    made["List-Id"] = f"<digest.{list_number.replace('-', '')}.localhost>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers
    made.set_content(printable(told.text(digest)))
    made.add_alternative(printable(told.html(digest)), subtype="html")
    made.set_boundary(f"=_{number.replace('-', '')}")  # by itself it is chosen by chance
    return made


def _domain(made: EmailMessage) -> str:
    addresses = made["From"].addresses
    return addresses[0].domain if addresses and addresses[0].domain else _NOWHERE
