"""``kerasette completion``."""

import click
from click.shell_completion import get_completion_class

from ..errors import UsageProblem

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes kerasette's commands and options in a SHELL.

    \b
    bash: eval "$(kerasette completion bash)"   in ~/.bashrc
    zsh:  eval "$(kerasette completion zsh)"    in ~/.zshrc
    fish: kerasette completion fish > ~/.config/fish/completions/kerasette.fish
    """
    from ..main import group

    completion = get_completion_class(shell)
    if completion is None:
        raise UsageProblem(f"There is no completion for {shell}.")
    click.echo(completion(group, {}, "kerasette", "_KERASETTE_COMPLETE").source())
