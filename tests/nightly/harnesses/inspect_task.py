"""One task of inspect_ai on our sandbox, with a model of its own that plays a script: prints how it ended, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from inspect_ai import Task, eval  # noqa: A004
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import bash
from inspect_ai.util import sandbox

from tests.nightly.harnesses.inspect_sandbox import NAME

MODEL = "mockllm/model"
COMMAND = "echo $(( $(cat given.txt) + $(cat set-up.txt) )) > made.txt; cat made.txt"


@scorer(metrics=[accuracy()])
def made() -> Any:
    async def score(state: Any, target: Any) -> Any:
        return Score(value="C" if await sandbox().read_file("made.txt") == f"{target.text}\n" else "I")

    return score


def main() -> None:
    """Run it, and keep its log in the folder that is named."""
    sample = Sample(input="Add both.", target="42", files={"given.txt": "40"}, setup="#!/bin/bash\necho 2 > set-up.txt")
    task = Task(dataset=[sample], solver=[use_tools(bash(timeout=20)), generate()], scorer=made(), sandbox=NAME)
    outputs = [ModelOutput.for_tool_call(MODEL, "bash", {"command": COMMAND}), ModelOutput.from_content(MODEL, "Done.")]
    for output in outputs:
        # What has none is counted with an encoding that is downloaded.
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    [log] = eval(task, model=get_model(MODEL, custom_outputs=outputs), log_dir=sys.argv[1], display="none")
    accuracies = [one.metrics["accuracy"].value for one in log.results.scores] if log.results else []
    said = [message.text for message in log.samples[0].messages] if log.samples else []
    sys.stdout.write(json.dumps({"status": log.status, "accuracy": accuracies, "said": said}) + "\n")


if __name__ == "__main__":
    main()
