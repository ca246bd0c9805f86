using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Translates what a command says to its host, and asks of it, into what a caller can be told and asked.</summary>
internal sealed class ToolHostUI : PSHostUserInterface, IHostUISupportsMultipleChoiceSelection
{
    private static readonly HashSet<string> HostTag = ["PSHOST"];

    /// <summary>The call that runs now; null for none.</summary>
    public CommandCall? Call { get; set; }

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI { get; } = new ToolHostRawUI();

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record) => Call?.Progress(sourceId, record);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => Call?.Log(LogLevel.Debug, message);

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => Call?.Log(LogLevel.Debug, message);

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => Call?.Log(LogLevel.Warning, message);

    /// <inheritdoc/>
    public override void WriteErrorLine(string value) => Call?.Log(LogLevel.Error, value);

    /// <inheritdoc/>
    public override void WriteInformation(InformationRecord record)
    {
        // What Write-Host says comes through Write and WriteLine as well, and better: with its line ends.
        if (!record.Tags.Exists(HostTag.Contains))
        {
            Call?.Log(LogLevel.Information, record.ToString());
        }
    }

    /// <inheritdoc/>
    public override void Write(string value) => Call?.Write(value);

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Call?.Write(value);

    /// <inheritdoc/>
    public override void WriteLine(string value) => Call?.Write(value + "\n");

    /// <inheritdoc/>
    public override string ReadLine() => new Questions(Call).ReadLine();

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString() => new Questions(Call).ReadSecret();

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        new Questions(Call).Prompt(caption, message, descriptions);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        new Questions(Call).Credential(caption, message, userName);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        new Questions(Call).Credential(caption, message, userName);

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        new Questions(Call).PromptForChoice(caption, message, choices, defaultChoice);

    /// <inheritdoc/>
    public Collection<int> PromptForChoice(string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices) =>
        new Questions(Call).PromptForChoices(caption, message, choices, defaultChoices);
}
