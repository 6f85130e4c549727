"""The demo newspaper: three sites in our own words on loopback that publish, edit and delete over time."""
