using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Input;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.Progress;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Calls a tool and shows its progress. Piped objects call it once each.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "McpTool", DefaultParameterSetName = "Wait")]
[OutputType(typeof(string), typeof(PSObject), typeof(McpMedia), typeof(McpResource), ParameterSetName = ["Wait"])]
[OutputType(typeof(McpJob), ParameterSetName = ["AsJob"])]
public sealed class InvokeMcpToolCommand : McpCmdlet
{
    private readonly List<object> _updates = [];
    private ProgressWriter _writer = null!;
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
    [Parameter(ParameterSetName = "Wait")]
    public SwitchParameter Raw { get; set; }

    /// <summary>Runs it in the background and returns the job.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "AsJob")]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The name of the job.</summary>
    [Parameter(ParameterSetName = "AsJob")]
    public string? JobName { get; set; }

    /// <summary>How the background work travels; Auto takes the best way the server has.</summary>
    [Parameter(ParameterSetName = "AsJob")]
    [ValidateSet("Auto", "ExtensionTask", "Task", "Mcpc", "Call")]
    public string Mode { get; set; } = "Auto";

    /// <summary>Answers what the tool asks: gets the question, returns the answer as a hashtable, or decline or cancel.</summary>
    [Parameter]
    public ScriptBlock? InputHandler { get; set; }

    /// <summary>How long the call may take at all, in seconds; 0 sets no limit.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double TimeoutSec { get; set; }

    /// <summary>How long the call may stay silent, in seconds; every progress update starts it anew; 0 waits for ever.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double? IdleTimeoutSec { get; set; }

    /// <summary>The name of a variable that gets every progress update; with + in front they are added to it.</summary>
    [Parameter(ParameterSetName = "Wait")]
    [ValidateNotNullOrEmpty]
    public string? ProgressVariable { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _writer = new ProgressWriter(CommandRuntime, Host);
        if (MyInvocation.ExpectingInput)
        {
            _parent = new ParentRow(_writer);
        }

        if (ProgressVariable is not null)
        {
            ShareUpdates(ProgressVariable);
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
            if (AsJob)
            {
                WriteObject(Start(connection, tool, request));
            }
            else
            {
                Write(tool, Call(connection, tool, request));
            }
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, InputObject ?? (object?)Name);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _parent?.Complete();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Where an error or Ctrl+C ended the pipeline, nothing but this is called.
        _parent?.Complete();
        base.Dispose(disposing);
    }

    private McpJob Start(McpConnection connection, ToolDescriptor tool, ToolCallRequest request)
    {
        McpState state = State;
        var work = new BackgroundRequest(tool, request.Arguments)
        {
            Kind = Mode == "Auto" ? null : Enum.Parse<BackgroundKind>(Mode),
            InputResponder = InputHandler is null ? null : new ScriptResponder(InputHandler).AnswerAsync,
            IdleTimeout = request.IdleTimeout ?? TimeSpan.Zero,
            Timeout = request.Timeout,
        };
        BackgroundTask task = Await(cancellationToken => state.Tasks.StartAsync(connection.Core, work, null, cancellationToken));
        var job = new McpJob(MyInvocation.Line.Trim(), JobName, $"{tool.Title ?? tool.Name} ({connection.Name})");
        state.Add(job);
        JobRepository.Add(job);
        job.Attach(task);
        return job;
    }

    private ToolCallResult Call(McpConnection connection, ToolDescriptor tool, ToolCallRequest request)
    {
        ToolCallResult? result = null;
        Run(async (pump, cancellationToken) =>
        {
            int parentId = _parent?.Next(pump, tool.Name) ?? -1;
            using var row = new ProgressRow(_writer, pump, $"{tool.Title ?? tool.Name} ({connection.Name})", parentId, MilestoneReport.ForHost(this, Host));
            pump.Finally(row.Complete);
            using var log = new LogRelay(this, pump, connection.Core);
            var responder = new ConsoleResponder(pump, Host, InputHandler);
            ToolCallRequest call = request with
            {
                Observer = ProgressVariable is null ? row.Pacer : new ProgressCollector(row.Pacer, _updates),
                InputResponder = responder.AnswerAsync,
            };
            try
            {
                result = await ForegroundCall.RunAsync(connection.Core, tool, call, cancellationToken).ConfigureAwait(false);
            }
            catch (McpFailureException) when (responder.Unanswered is not null)
            {
                throw responder.Unanswered;
            }
            finally
            {
                pump.Post(log.Write);
            }

            if (responder.Unanswered is { } unanswered && result.IsError)
            {
                throw unanswered;
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
            WriteFailure(ToolFailure.Of(tool.Name, result), tool.Name);
        }
        else
        {
            foreach (object? item in ToolOutput.Of(result))
            {
                WriteObject(item);
            }
        }
    }

    // The variable holds the list itself: what came is there however the call ends.
    private void ShareUpdates(string variable)
    {
        string name = variable.TrimStart('+');
        if (variable.StartsWith('+') && SessionState.PSVariable.GetValue(name) is System.Collections.IEnumerable earlier and not string)
        {
            _updates.AddRange(earlier.Cast<object>());
        }

        SessionState.PSVariable.Set(name, _updates);
    }
}
