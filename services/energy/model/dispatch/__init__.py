"""Multi-energy dispatch: electricity, heat and gas of a site, optimised by HiGHS."""
