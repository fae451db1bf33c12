"""Stands for Django where there is no network."""
