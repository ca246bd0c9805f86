using System.Globalization;
using System.Management.Automation;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// The end of a published command's pipeline. Output is turned into text and JSON here, on the pipeline thread, because
/// properties may be scripts that need the runspace; nothing piles up on the way.
/// </summary>
[Cmdlet(VerbsData.Out, Noun)]
internal sealed class ResultSinkCommand : PSCmdlet, IDisposable
{
    /// <summary>The cmdlet's full name, which only this module uses.</summary>
    public const string Name = "Out-" + Noun;

    private const string Noun = "McpProgressToolResult";

    // What Format-Table and its like put out means something only to the cmdlets that lay it out.
    private const string LayoutNamespace = "Microsoft.PowerShell.Commands.Internal.Format";

    private readonly List<object> _layout = [];
    private CommandCall? _call;

    /// <summary>The call whose result it is.</summary>
    [Parameter(Mandatory = true)]
    public object? Call
    {
        get => _call;
        set
        {
            // Bound before the command begins.
            _call = (CommandCall?)value;
            _call?.PipelineReady();
        }
    }

    /// <summary>What the command puts out.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    private CommandCall Target => _call!;

    /// <summary>The pipeline's last act, however it ends: the thread goes back as it came, and it keeps its culture.</summary>
    public void Dispose()
    {
        CultureInfo.CurrentCulture = Host.CurrentCulture;
        CultureInfo.CurrentUICulture = Host.CurrentUICulture;
    }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Target.Jobs = JobRepository;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var plain = InputObject is PSObject { BaseObject: var inner } ? inner : InputObject;
        if (plain is ErrorRecord error)
        {
            Target.AddError(error);
        }
        else if (plain?.GetType().Namespace == LayoutNamespace)
        {
            _layout.Add(plain);
        }
        else
        {
            FlushLayout();
            Target.Output.Add(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => FlushLayout();

    /// <inheritdoc/>
    protected override void StopProcessing() => _call?.PipelineStopping();

    private void FlushLayout()
    {
        if (_layout.Count == 0)
        {
            return;
        }

        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        foreach (var text in shell.AddCommand("Microsoft.PowerShell.Utility\\Out-String").AddParameter("Width", 200).Invoke(_layout))
        {
            Target.Output.Add(text.ToString().Trim('\r', '\n'));
        }

        _layout.Clear();
    }
}
