"""Log records as lines of JSON, with the fields that `extra` adds."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

USUAL = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What each record has; all else comes from `extra`."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message, then the fields of `extra`."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in record.__dict__.items() if k not in USUAL}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
