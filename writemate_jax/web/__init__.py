"""WriteMate in a browser: the page, the server behind it, and the model that runs without one."""
