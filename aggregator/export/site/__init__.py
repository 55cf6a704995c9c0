"""Values -> the pages of a website: what each shows, its name, its HTML. Nothing here reads or writes."""
