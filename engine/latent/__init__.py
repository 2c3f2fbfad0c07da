"""From a crop to a latent, and from what a picture should show to the step that shows it."""
