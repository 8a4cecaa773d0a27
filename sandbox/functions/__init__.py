"""A local Functions host: runs an app's own triggers by the rules of the real one.

Never knows which app it runs; `sandbox.host` is its command line.
"""
