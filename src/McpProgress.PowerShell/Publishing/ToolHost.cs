using System.Globalization;
using System.Management.Automation.Host;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The host of a runspace that runs published commands: what a command says to its host goes to the caller.</summary>
internal sealed class ToolHost : PSHost
{
    private readonly ToolHostUI _ui = new();

    /// <summary>The call that runs now; null between calls, when nobody listens.</summary>
    public CommandCall? Call
    {
        get => _ui.Call;
        set => _ui.Call = value;
    }

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override string Name => "McpProgress";

    /// <inheritdoc/>
    public override PSHostUserInterface UI => _ui;

    /// <inheritdoc/>
    public override Version Version { get; } = typeof(ToolHost).Assembly.GetName().Version ?? new Version(0, 0);

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new NotSupportedException("A published command cannot open a nested prompt: nobody sits at this console.");

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw new NotSupportedException("A published command has no nested prompt to leave.");

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
        // A program's output is captured: no console is handed over to it.
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
        // See NotifyBeginApplication.
    }

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode)
    {
        // "exit" ends the call; the server lives on.
        if (Call is { } call)
        {
            call.ExitCode = exitCode;
        }
    }
}
