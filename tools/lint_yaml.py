#!/usr/bin/env python3
"""What can be said here about workflows that run elsewhere.

  lint_yaml.py < LIST       with python3-yaml: syntax, jobs, steps; else the
                            indentation alone
"""
import pathlib
import re
import sys

try:
    import yaml
except ImportError:
    yaml = None


def step_problem(step):
    kinds = [kind for kind in ("run", "uses") if kind in step]
    if len(kinds) != 1:
        return f"a step has {' and '.join(kinds) or 'neither run nor uses'}"
    if "uses" in step and not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@\S+",
                                           step["uses"]):
        return f"{step['uses']!r} has no version"
    return None


def job_problems(name, job, names):
    for key in ("runs-on", "steps", "timeout-minutes"):
        if key not in job:
            yield f"job {name}: no {key}"
    needs = job.get("needs", [])
    for other in [needs] if isinstance(needs, str) else needs:
        if other not in names:
            yield f"job {name}: needs {other}, which is no job"
    for step in job.get("steps", []):
        problem = step_problem(step)
        if problem:
            yield f"job {name}: {problem}"


def workflow_problems(text):
    document = yaml.safe_load(text)
    jobs = document.get("jobs") or {}
    if not jobs:
        yield "no jobs"
    if True not in document:  # YAML's word for `on`
        yield "no on"
    for name, job in jobs.items():
        yield from job_problems(name, job, jobs)


def indentation_problems(text):
    for number, line in enumerate(text.splitlines(), 1):
        indent = line[:len(line) - len(line.lstrip())]
        if "\t" in indent or len(indent) % 2:
            yield f"line {number}: the indentation"


def problems_of(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    yield from indentation_problems(text)
    if yaml is not None:
        try:
            yield from workflow_problems(text)
        except yaml.YAMLError as error:
            yield " ".join(str(error).split())


def main():
    problems = [f"{path}: {problem}"
                for path in sys.stdin.read().splitlines()
                for problem in problems_of(path)]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
