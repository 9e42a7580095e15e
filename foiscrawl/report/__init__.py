"""The report: plots and the page around them, made of the answers that `storage.reporting` gives.

matplotlib is an extra: only the command `report` imports what stands here, and only when it runs.
"""
