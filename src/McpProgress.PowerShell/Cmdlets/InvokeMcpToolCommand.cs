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
public sealed class InvokeMcpToolCommand : McpCmdlet, IDynamicParameters
{
    private readonly List<object> _updates = [];
    private ProgressWriter _writer = null!;
    private bool _isVerbose;
    private ParentRow? _parent;
    private PipelinePump? _groupPump;
    private CallGroup? _group;
    private readonly Dictionary<McpConnection, LogRelay> _logs = [];
    private RuntimeDefinedParameterDictionary? _offered;
    private Dictionary<string, object?>? _named;
    private bool _unmatched;

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
    [ValidateNotNull]
    public PSObject? InputObject { get; set; }

    /// <summary>A connection or its name; by default the newest connection.</summary>
    [Parameter]
    [ValidateNotNull]
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

    /// <summary>How many piped calls may run side by side.</summary>
    [Parameter(ParameterSetName = "Wait")]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>Writes the results of calls side by side as they come, not in the order of the input.</summary>
    [Parameter(ParameterSetName = "Wait")]
    public SwitchParameter Unordered { get; set; }

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

    /// <summary>The tool's argument of this name. Tools have it often, and PowerShell would take it for the beginning of -IdleTimeoutSec.</summary>
    [Parameter]
    public PSObject? Id { get; set; }

    /// <summary>The arguments of the tool as parameters, where they may still be given so.</summary>
    /// <returns>The parameters; null for none.</returns>
    public object? GetDynamicParameters()
    {
        _offered = null;
        if (Name is null || Argument is not null || MyInvocation?.BoundParameters.ContainsKey(nameof(Argument)) == true)
        {
            return null;
        }

        try
        {
            McpConnection connection = Resolve(Server);
            return _offered = ArgumentParameters.Of(ToolLookup.Find(connection.Core, ToolsSoon.Of(connection), Name));
        }
        catch (Exception)
        {
            // No connection, no such tool, no answer: the call itself says so.
            return _offered = ArgumentParameters.OfUnknown();
        }
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _named = ArgumentParameters.Given(_offered, out _unmatched);
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Id)))
        {
            (_named ??= new(StringComparer.Ordinal))["id"] = Id;
        }

        _isVerbose = MyInvocation.BoundParameters.TryGetValue("Verbose", out object? said)
            ? said is SwitchParameter { IsPresent: true }
            : SessionState.PSVariable.GetValue("VerbosePreference") is ActionPreference.Continue or ActionPreference.Inquire;
        _writer = new ProgressWriter(CommandRuntime, Host);
        if (MyInvocation.ExpectingInput)
        {
            _parent = new ParentRow(_writer);
        }

        if (MyInvocation.ExpectingInput && ThrottleLimit > 1)
        {
            _groupPump = new PipelinePump();
            _group = new CallGroup(_groupPump, _parent!, ThrottleLimit, Unordered, Stop);
            _groupPump.Finally(_group.CloseRows);
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
            IReadOnlyList<ToolDescriptor> tools = connection.Core.KnownTools ?? Await(cancellationToken => connection.Core.GetToolsAsync(cancellationToken: cancellationToken));
            ToolDescriptor tool = ToolLookup.Find(connection.Core, tools, name);
            if (Id is not null)
            {
                _named!["id"] = ArgumentParameters.ValueOf(tool, "id", Id);
            }

            PSObject? item = piped is McpConnection or McpTool ? null : InputObject;
            var request = new ToolCallRequest(tool.Name, ArgumentBinder.Bind(tool.InputSchema, ToolArguments.Collect(tool, Arguments(piped), item, pipeWins: _named is null)))
            {
                Timeout = Seconds.ToTimeSpan(TimeoutSec),
                IdleTimeout = IdleTimeoutSec is { } idle ? Seconds.ToTimeSpan(idle) : null,
            };
            if (_isVerbose)
            {
                ShowDebugLogs(connection);
            }

            if (AsJob)
            {
                WriteObject(Start(connection, tool, request));
            }
            else if (_group is not null)
            {
                Run(_groupPump!, _group.RoomAsync());
                if (!_logs.ContainsKey(connection))
                {
                    _logs[connection] = new LogRelay(this, _groupPump!, connection.Core);
                }

                _group.Start(() => CallAsync(connection, tool, request));
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
    protected override void EndProcessing()
    {
        if (_group is not null)
        {
            Run(_groupPump!, _group.AllAsync());
            _group.Draw();
            foreach (LogRelay log in _logs.Values)
            {
                log.Write();
            }
        }

        _parent?.Complete();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Where an error or Ctrl+C ended the pipeline, nothing but this is called.
        if (disposing)
        {
            foreach (LogRelay log in _logs.Values)
            {
                log.Dispose();
            }

            _groupPump?.Complete();
            _group?.Dispose();
        }

        _parent?.Complete();
        base.Dispose(disposing);
    }

    private object? Arguments(object? piped)
    {
        if (piped is McpConnection or McpTool && (_unmatched || _named is not null))
        {
            // Parameters are bound before anything is piped: those that were offered may be another tool's.
            throw new McpFailureException(
                ErrorIds.InvalidArgument, "Where a connection or a tool is piped, arguments are given with -Argument, such as @{ name = 'value' }. Nothing was sent.");
        }

        if (_unmatched)
        {
            throw new McpFailureException(
                ErrorIds.InvalidArgument, "The server did not say in time which arguments the tool has. Try again, or give them as a hashtable. Nothing was sent.");
        }

        // "-flag $false" leaves $false to -Argument, as a switch takes no value: to go on with the switch on would be the opposite.
        return _named is null || !MyInvocation.BoundParameters.ContainsKey(nameof(Argument))
            ? _named ?? Argument
            : throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"Arguments were given by name ({string.Join(", ", _named.Keys)}) and as -Argument. Give all in one way; one that is true or false is a switch: -name or -name:$false. Nothing was sent.");
    }

    private void ShowDebugLogs(McpConnection connection) => Await(async cancellationToken =>
    {
        await connection.Core.AskForDebugLogsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    });

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
        int parentId = _parent?.Next(tool.Name) ?? -1;
        Action? drawAbove = _parent is null ? null : _parent.DrawCall;
        Run(async (pump, cancellationToken) =>
        {
            using var row = new ProgressRow(_writer, pump, TitleOf(connection, tool), parentId, MilestoneReport.ForHost(this, Host), drawAbove);
            pump.Finally(row.Complete);
            using var log = new LogRelay(this, pump, connection.Core);
            result = await CallAsync(pump, connection, tool, request, row, cancellationToken).ConfigureAwait(false);
        }, drawAbove);
        return result!;
    }

    /// <summary>One of several calls side by side; returns what writes its outcome.</summary>
    private async Task<Action> CallAsync(McpConnection connection, ToolDescriptor tool, ToolCallRequest request)
    {
        ProgressRow? row = _group!.OpenRow(_writer, TitleOf(connection, tool));
        try
        {
            ToolCallResult result = await CallAsync(_groupPump!, connection, tool, request, row, Stop).ConfigureAwait(false);
            return () => Write(tool, result);
        }
        catch (McpFailureException failure)
        {
            return () => WriteFailure(failure, tool.Name);
        }
        finally
        {
            if (row is not null)
            {
                _group.CloseRow(row);
            }
        }
    }

    private async Task<ToolCallResult> CallAsync(
        PipelinePump pump, McpConnection connection, ToolDescriptor tool, ToolCallRequest request, ProgressRow? row, CancellationToken cancellationToken)
    {
        var responder = new ConsoleResponder(pump, Host, InputHandler);
        ToolCallRequest call = request with
        {
            Observer = ProgressVariable is null ? row : new ProgressCollector(row, _updates),
            InputResponder = responder.AnswerAsync,

            // Calls side by side go on while the pipeline thread gets their input.
            Resume = _group is null ? pump.TryResume : null,
        };
        try
        {
            ToolCallResult result = await ForegroundCall.RunAsync(connection.Core, tool, call, cancellationToken).ConfigureAwait(false);
            if (responder.Unanswered is { } unanswered)
            {
                if (result.IsError)
                {
                    throw unanswered;
                }

                // The tool made do without the answer; the user meant to give one.
                pump.Post(() => WriteWarning(unanswered.Message));
            }

            return result;
        }
        catch (McpFailureException) when (responder.Unanswered is not null)
        {
            throw responder.Unanswered;
        }
    }

    private static string TitleOf(McpConnection connection, ToolDescriptor tool) => $"{tool.Title ?? tool.Name} ({connection.Name})";

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
