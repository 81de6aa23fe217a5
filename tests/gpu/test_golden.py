"""The golden cases of Keras, on the device."""
