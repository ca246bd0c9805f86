using System.Management.Automation;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// Stands behind <see cref="ResultSinkCommand"/> and begins when the published command's <c>begin</c> block is over. The sink
/// itself begins with the first output, which may come out of that block; as it puts out nothing, what stands behind it
/// begins when the pipeline itself comes to it.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, Noun)]
internal sealed class BeginBoundaryCommand : PSCmdlet
{
    /// <summary>The cmdlet's full name, which only this module uses.</summary>
    public const string Name = "Wait-" + Noun;

    private const string Noun = "McpProgressBeginBlock";

    /// <summary>The call.</summary>
    [Parameter(Mandatory = true)]
    public object? Call { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => ((CommandCall)Call!).EndBegin();
}
