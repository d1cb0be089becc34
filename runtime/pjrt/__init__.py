"""Devices that are reached through PJRT plugins: finding plugins, arrays on devices, compiled programs."""
