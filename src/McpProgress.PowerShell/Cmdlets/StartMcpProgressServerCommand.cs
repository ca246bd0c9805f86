using System.Management.Automation;
using System.Security;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.ProgressServer;
using McpProgress.PowerShell.Publishing;
using McpProgress.Server;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Stdio;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>
/// Starts a server: of PowerShell commands as tools, or the sample server. Over HTTP it runs in the background, over stdio
/// in the foreground or, with <c>-Connect</c>, as a child.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "McpProgressServer", SupportsShouldProcess = true, DefaultParameterSetName = "Transport")]
[OutputType(typeof(McpProgressServer), typeof(McpConnection))]
public sealed partial class StartMcpProgressServerCommand : McpCmdlet
{
    /// <summary>What it is served over: <c>Http</c> or <c>Stdio</c>.</summary>
    [Parameter(Position = 0, ParameterSetName = "Transport")]
    [ValidateSet("Http", "Stdio")]
    public string Transport { get; set; } = "Http";

    /// <summary>Short for <c>-Transport Stdio</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Stdio")]
    public SwitchParameter Stdio { get; set; }

    /// <summary>Short for <c>-Transport Http</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Http")]
    public SwitchParameter Http { get; set; }

    /// <summary>Commands to publish: functions of this session, functions and cmdlets of modules, scripts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Command { get; set; }

    /// <summary>Scripts whose functions are published: those with help or <c>[CmdletBinding()]</c>. A module's file publishes the module.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>Publishes every function of the scripts.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Modules whose commands are published.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LoadedModuleCompleter))]
    public string[]? Module { get; set; }

    /// <summary>Commands that never run as tasks: a caller waits for them. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] NoTask { get; set; } = [];

    /// <summary>Commands that run as tasks only. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] TaskOnly { get; set; } = [];

    /// <summary>How many published commands may run at once; further calls wait for their turn.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int MaxConcurrency { get; set; } = Math.Max(4, Environment.ProcessorCount * 2);

    /// <summary>The TCP port; 0 takes a free one.</summary>
    [Parameter(ParameterSetName = "Transport")]
    [Parameter(ParameterSetName = "Http")]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>A bearer token that clients must carry.</summary>
    [Parameter(ParameterSetName = "Transport")]
    [Parameter(ParameterSetName = "Http")]
    public SecureString? Token { get; set; }

    /// <summary>What the delays of the sample tools are divided by.</summary>
    [Parameter]
    [ValidateRange(0.001, 1e6)]
    public double Speed { get; set; } = 1;

    /// <summary>The file tasks are kept in, so that they outlive the server; without it they live in its memory.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TaskStore { get; set; }

    /// <summary>Connects to it, and returns the connection.</summary>
    [Parameter]
    public SwitchParameter Connect { get; set; }

    /// <summary>The name of the server, and of its connection: <c>sample</c> or <c>commands</c> unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "sample";

    private static ConnectionOptions Options => new() { ClientVersion = ModuleVersion };

    private bool IsStdio => Stdio || (!Http && Transport.Equals("Stdio", StringComparison.OrdinalIgnoreCase));

    private string? TaskPath => TaskStore is null ? null : GetUnresolvedProviderPathFromPSPath(TaskStore);

    private bool IsPublishing => Command is not null || Path is not null || Module is not null;

    // Known before ShouldProcess says so: what it prints goes to the output that serving takes away.
    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? said)
        ? said is SwitchParameter { IsPresent: true }
        : SessionState.PSVariable.GetValue("WhatIfPreference") is true or SwitchParameter { IsPresent: true };

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A warning goes to the standard output, which is the protocol's where this process itself is the server.
        if (!IsStdio || Connect)
        {
            WarnOfAnotherCopy();
        }

        try
        {
            CheckCombination();
            if (IsPublishing)
            {
                Publish();
            }
            else if (ShouldProcess(IsStdio ? "The sample server over stdio" : $"The sample server over HTTP on port {Port}", "Start"))
            {
                StartSample();
            }
        }
        catch (McpFailureException failure)
        {
            ThrowTerminatingError(FailureRecord.Of(failure, Name));
        }
    }

    private void CheckCombination()
    {
        if (IsStdio && (MyInvocation.BoundParameters.ContainsKey(nameof(Port)) || Token is not null))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-Port and -Token are for HTTP; over stdio there is nothing that could listen.");
        }

        if (All && Path is null)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-All is for -Path: it publishes every function of the scripts.");
        }

        if (!IsPublishing && NoTask.Length + TaskOnly.Length > 0)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-NoTask and -TaskOnly are for published commands; add -Command, -Path or -Module.");
        }

        if (!IsPublishing && MyInvocation.BoundParameters.ContainsKey(nameof(MaxConcurrency)))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-MaxConcurrency is for published commands; add -Command, -Path or -Module.");
        }

        if (NoTask.Intersect(TaskOnly, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } both)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"'{both}' is in both -NoTask and -TaskOnly: it can be only one of them.");
        }

        if (System.IO.Path.GetDirectoryName(TaskPath) is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The folder '{folder}' of -TaskStore '{TaskStore}' does not exist. Make it first, or name a file in one that does.");
        }

        if (IsPublishing && MyInvocation.BoundParameters.ContainsKey(nameof(Speed)))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-Speed is for the sample server; published commands take the time they take.");
        }
    }

    private ToolServerOptions Sample() => new()
    {
        Tools = SampleTools.All(new SampleOptions { Speed = Speed }),
        Instructions = SampleTools.Instructions,
        Tasks = TaskFile.Open(TaskPath),
    };

    private void StartSample()
    {
        if (!IsStdio)
        {
            StartHttp();
        }
        else if (Connect)
        {
            StartStdio();
        }
        else
        {
            using ILoggerFactory loggers = StandardErrorLog.Create();
            ServeHere(Sample, loggers);
        }
    }

    private void StartHttp()
    {
        Secret? token = Token is null ? null : new Secret((string)PlainValue.Of(Token)!);
        if (Environment.GetEnvironmentVariable(ServerProgram.ServeHereVariable) is not null)
        {
            AddHttp(ServeInBackground(Sample(), publication: null, token), token, publication: null);
            return;
        }

        StdioEndpoint shell = ServerProgram.PowerShellHttp(Port, Speed, TaskPath);
        StdioEndpoint program = FindDotnet() is { } dotnet ? ServerProgram.ExecutableHttp(dotnet, Port, Speed, TaskPath) : shell;
        HttpServerProcess process;
        try
        {
            process = Await(cancellationToken => HttpServerProcess.StartAsync(program, Port, token, cancellationToken));
        }
        catch (McpFailureException failure) when (program != shell && StartFailures.IsMissingRuntime(failure.Message))
        {
            WriteVerbose($"{failure.Message} PowerShell itself is the server instead.");
            process = Await(cancellationToken => HttpServerProcess.StartAsync(shell, Port, token, cancellationToken));
        }

        AddHttp(process, token, publication: null);
    }

    private InProcessHttpServer ServeInBackground(ToolServerOptions tools, Publication? publication, Secret? token)
    {
        try
        {
            return InProcessHttpServer.Start(tools, publication, Port, token?.Reveal(), NullLoggerFactory.Instance);
        }
        catch
        {
            Await(async _ =>
            {
                await TaskFile.CloseAsync(tools.Tasks.Store).ConfigureAwait(false);
                return true;
            });
            throw;
        }
    }

    private void AddHttp(IRunningServer running, Secret? token, Publication? publication)
    {
        string name = State.FreeName(Name);
        var server = new McpProgressServer(name, running, publication) { HasToken = token is not null };
        try
        {
            if (Connect)
            {
                server.Connection = Open(name, new HttpEndpoint(running.Uri) { Token = token }, Options);
            }
        }
        catch
        {
            Await(async _ =>
            {
                await running.DisposeAsync().ConfigureAwait(false);
                return true;
            });
            throw;
        }

        State.Add(server);
        WriteObject(Connect ? server.Connection : server);
    }

    private void StartStdio()
    {
        StdioEndpoint shell = ServerProgram.PowerShell($"Start-McpProgressServer -Stdio -Speed {Literal.Of(Speed)}{ServerProgram.TaskParameter(TaskPath)}") with { WorkingDirectory = CurrentFolder };
        StdioEndpoint program = FindDotnet() is { } dotnet
            ? ServerProgram.ExecutableStdio(dotnet, Speed, TaskPath) with { WorkingDirectory = CurrentFolder }
            : shell;
        McpConnection connection;
        try
        {
            connection = Open(Name, program, Options);
        }
        catch (McpFailureException failure) when (program != shell && StartFailures.IsMissingRuntime(failure.Message))
        {
            WriteVerbose($"{failure.Message} PowerShell itself is the server instead.");
            program = shell;
            connection = Open(Name, program, Options);
        }

        State.Add(new McpProgressServer(connection) { Command = program });
        WriteObject(connection);
    }

    private void ServeHere(Func<ToolServerOptions> options, ILoggerFactory loggers, Action? clientGone = null)
    {
        if (!Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            WriteWarning("The server now waits for an MCP client on this console's own input; Ctrl+C ends it. To try it from this prompt, add -Connect.");
        }

        // Before any published code runs: what it writes to the console must not get among the messages.
        using ProtocolStreams streams = ProtocolStreams.Take();
        ToolServerOptions served = options();
        Await(async cancellationToken =>
        {
            try
            {
                await StdioToolServer.RunAsync(served, streams.Input, streams.Output, loggers, cancellationToken, clientGone).ConfigureAwait(false);
            }
            finally
            {
                await TaskFile.CloseAsync(served.Tasks.Store).ConfigureAwait(false);
            }

            return true;
        });
    }

    private string? FindDotnet() => InvokeCommand.GetCommand("dotnet", CommandTypes.Application)?.Definition;
}
