"""Answers for programs: data of the timeline, files and lists."""
