using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace McpProgress.PowerShell.Publishing;

/// <summary>What a command asks its host becomes a question to the caller (elicitation in form mode).</summary>
internal static class Questions
{
    public static string ReadLine(CommandCall? call) => throw Unable(call);

    public static SecureString ReadSecret(CommandCall? call) => throw Unable(call);

    public static Dictionary<string, PSObject> Prompt(CommandCall? call, string? caption, string? message, Collection<FieldDescription> fields) => throw Unable(call);

    public static PSCredential Credential(CommandCall? call, string? caption, string? message, string? userName) => throw Unable(call);

    public static int Choice(CommandCall? call, string? caption, string? message, Collection<ChoiceDescription> choices, int defaultChoice) => throw Unable(call);

    public static Collection<int> Choices(CommandCall? call, string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices) => throw Unable(call);

    private static HostException Unable(CommandCall? call) => new($"The command asked a question, and nobody can be asked{(call is null ? " now" : "")}.");
}
