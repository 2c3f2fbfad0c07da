"""Commands that make the assets: sampling, fitting, scoring."""
