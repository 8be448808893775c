"""An inspector's handheld: visits come down, signed forms go up, link or no link."""
