using System.Management.Automation;
using ModelContextProtocol.Protocol;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The hints a client gets about what a command changes: from its verb and from whether it can be asked to confirm.</summary>
internal static class CommandAnnotations
{
    // The verbs whose meaning PowerShell's own list fixes as looking and not touching.
    private static readonly HashSet<string> Reading = new(StringComparer.OrdinalIgnoreCase)
    {
        "Get", "Find", "Search", "Select", "Show", "Read", "Test", "Measure", "Compare", "Resolve", "Trace", "Watch", "Wait", "Ping",
        "ConvertFrom", "ConvertTo", "Convert", "Format", "Group", "Join", "Split", "Debug", "Confirm",
    };

    private static readonly HashSet<string> Destroying = new(StringComparer.OrdinalIgnoreCase)
    {
        "Remove", "Clear", "Reset", "Uninstall", "Unregister", "Revoke", "Deny", "Disable", "Dismount", "Stop", "Undo", "Restore", "Hide", "Block", "Move",
    };

    private static readonly HashSet<string> Adding = new(StringComparer.OrdinalIgnoreCase)
    {
        "New", "Add", "Copy", "Backup", "Checkpoint", "Save", "Export", "Register", "Mount", "Open", "Enter", "Grant", "Start", "Resume", "Enable", "Install", "Send",
    };

    private static readonly HashSet<string> Repeatable = new(StringComparer.OrdinalIgnoreCase)
    {
        "Set", "Enable", "Disable", "Remove", "Clear", "Reset", "Update", "Sync", "Hide", "Unhide", "Lock", "Unlock", "Block", "Unblock", "Deny", "Grant", "Revoke",
    };

    /// <summary>The hints; what the verb does not tell stays unsaid, which the protocol reads as the worst case.</summary>
    /// <param name="name">The command's name.</param>
    /// <param name="metadata">Whether it supports <c>ShouldProcess</c>, and how grave it calls itself.</param>
    public static ToolAnnotations Of(string name, CommandMetadata metadata)
    {
        var verb = name.Split('-')[0];
        var reads = Reading.Contains(verb) && !metadata.SupportsShouldProcess;
        return new ToolAnnotations
        {
            ReadOnlyHint = reads,
            DestructiveHint =
                reads ? false
                : Destroying.Contains(verb) || (metadata.SupportsShouldProcess && metadata.ConfirmImpact == ConfirmImpact.High) ? true
                : Adding.Contains(verb) ? false
                : null,
            IdempotentHint = reads || Repeatable.Contains(verb) ? true : null,
        };
    }
}
