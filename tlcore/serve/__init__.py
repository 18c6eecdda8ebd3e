"""The web server's own part beside the pages: owner cookie, live events, images, downloads, lifespan."""
