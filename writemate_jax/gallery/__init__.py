"""Pictures of what can be written, each made by the command line beneath it: python -m writemate_jax.gallery."""
