using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.Progress;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Calls a tool and shows its progress. Piped objects call it once each.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "McpTool")]
[OutputType(typeof(string), typeof(PSObject), typeof(McpMedia), typeof(McpResource))]
public sealed class InvokeMcpToolCommand : McpCmdlet
{
    private readonly List<McpProgressUpdate> _updates = [];
    private ParentRow? _parent;

    /// <summary>The tool's name.</summary>
    [Parameter(Position = 0)]
    [Alias("Tool")]
    [ArgumentCompleter(typeof(ToolNameCompleter))]
    public string? Name { get; set; }

    /// <summary>Its arguments: a hashtable, an object or JSON text.</summary>
    [Parameter(Position = 1)]
    [Alias("Arguments")]
    public object? Argument { get; set; }

    /// <summary>An object whose properties are arguments, or a connection or tool to call.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>A connection or its name; by default the newest connection.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object? Server { get; set; }

    /// <summary>Returns the whole result instead of its content.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>How long the call may take at all, in seconds; 0 sets no limit.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double TimeoutSec { get; set; }

    /// <summary>How long the call may stay silent, in seconds; every progress update starts it anew; 0 waits for ever.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double? IdleTimeoutSec { get; set; }

    /// <summary>The name of a variable that gets every progress update; with + in front they are added to it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProgressVariable { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (MyInvocation.ExpectingInput)
        {
            _parent = new ParentRow(this);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            object? piped = InputObject?.BaseObject;
            McpConnection connection = piped as McpConnection ?? (piped as McpTool)?.Connection ?? Resolve(Server);
            string name = (piped as McpTool)?.Name ?? Name
                ?? throw new McpFailureException(ErrorIds.InvalidArgument, "No tool is named. Give -Name; Get-McpTool lists what the server has.");
            IReadOnlyList<ToolDescriptor> tools = Await(cancellationToken => connection.Core.GetToolsAsync(cancellationToken: cancellationToken));
            ToolDescriptor tool = ToolLookup.Find(connection.Core, tools, name);
            PSObject? item = piped is McpConnection or McpTool ? null : InputObject;
            var request = new ToolCallRequest(tool.Name, ArgumentBinder.Bind(tool.InputSchema, ToolArguments.Collect(tool.InputSchema, Argument, item)))
            {
                Timeout = Seconds.ToTimeSpan(TimeoutSec),
                IdleTimeout = IdleTimeoutSec is { } idle ? Seconds.ToTimeSpan(idle) : null,
            };
            Write(tool, Call(connection, tool, request));
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, InputObject ?? (object?)Name);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Finish();

    private ToolCallResult Call(McpConnection connection, ToolDescriptor tool, ToolCallRequest request)
    {
        ToolCallResult? result = null;
        Run(async (pump, cancellationToken) =>
        {
            int parentId = _parent?.Next(pump, tool.Name) ?? -1;
            using var row = new ProgressRow(this, pump, $"{tool.Title ?? tool.Name} ({connection.Name})", parentId, MilestoneReport.ForHost(this, Host));
            using var log = new LogRelay(this, pump, connection.Core);
            try
            {
                result = await connection.Core.CallToolAsync(
                    request with { Observer = ProgressVariable is null ? row.Pacer : new ProgressCollector(row.Pacer, _updates) }, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                pump.Post(log.Write);
                pump.Post(row.Complete);
            }
        });
        return result!;
    }

    private void Write(ToolDescriptor tool, ToolCallResult result)
    {
        if (Raw)
        {
            WriteObject(JsonOutput.ToObject(result.Raw));
        }
        else if (result.IsError)
        {
            string text = Core.Text.TerminalText.Clean(result.Text, keepLines: true);
            WriteFailure(new McpFailureException(ErrorIds.ToolError, text.Length > 0 ? text : $"The tool '{tool.Name}' reported an error without a text. -Raw shows its whole result."), tool.Name);
        }
        else
        {
            foreach (object? item in ToolOutput.Of(result))
            {
                WriteObject(item);
            }
        }
    }

    private void Finish()
    {
        _parent?.Complete();
        if (ProgressVariable is { } variable)
        {
            bool append = variable.StartsWith('+');
            string name = variable.TrimStart('+');
            lock (_updates)
            {
                object before = append && SessionState.PSVariable.GetValue(name) is System.Collections.IEnumerable earlier and not string ? earlier : Array.Empty<object>();
                SessionState.PSVariable.Set(name, ((System.Collections.IEnumerable)before).Cast<object>().Concat(_updates).ToArray());
            }
        }
    }
}
