"""``kerasette schema``."""

import json

import click

from .. import options


@click.command()
@options.debug
def command() -> None:
    """Print the JSON schema of config files.

    An editor that knows it completes keys and marks mistakes: save it as kerasette.schema.json and
    begin a config with the line `# yaml-language-server: $schema=kerasette.schema.json`.
    """
    from ..config.json_schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
