"""READ: from a capture to an Article or a Rejection. Pure: no network, no S3, no clock, no Airflow, no Scrapy."""

__version__ = "0.1.0"
