"""Compliance tests for Elastic Container Instance (ECI) accounts on Alibaba Cloud.

Imported in every pytest run of everybody who has the plugin installed: it stays empty.
"""

__version__ = "0.1.0"
