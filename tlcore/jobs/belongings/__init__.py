"""What belongs to somebody: images in collections, the room that they take, and who that somebody is."""
