using System.Management.Automation;
using System.Security;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.ProgressServer;
using McpProgress.Server;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Stdio;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Starts the sample server: over HTTP as a child process, over stdio as a child or in the foreground.</summary>
[Cmdlet(VerbsLifecycle.Start, "McpProgressServer", SupportsShouldProcess = true, DefaultParameterSetName = "Transport")]
[OutputType(typeof(McpProgressServer), typeof(McpConnection))]
public sealed class StartMcpProgressServerCommand : McpCmdlet
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

    /// <summary>Connects to it, and returns the connection.</summary>
    [Parameter]
    public SwitchParameter Connect { get; set; }

    /// <summary>The name of the server, and of its connection.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "sample";

    private static ConnectionOptions Options => new() { ClientVersion = ModuleVersion };

    private bool IsStdio => Stdio || (!Http && Transport.Equals("Stdio", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!ShouldProcess(IsStdio ? "The sample server over stdio" : $"The sample server over HTTP on port {Port}", "Start"))
        {
            return;
        }

        try
        {
            if (!IsStdio)
            {
                StartHttp();
            }
            else if (MyInvocation.BoundParameters.ContainsKey(nameof(Port)) || Token is not null)
            {
                throw new McpFailureException(ErrorIds.InvalidArgument, "-Port and -Token are for HTTP; over stdio there is nothing that could listen.");
            }
            else if (Connect)
            {
                StartStdio();
            }
            else
            {
                ServeHere();
            }
        }
        catch (McpFailureException failure)
        {
            ThrowTerminatingError(ToRecord(failure, Name));
        }
    }

    private void StartHttp()
    {
        string dotnet = FindDotnet() ?? throw StartFailures.NoDotnet();
        Secret? token = Token is null ? null : new Secret((string)PlainValue.Of(Token)!);
        string name = State.FreeName(Name);
        HttpServerProcess process = Await(cancellationToken => HttpServerProcess.StartAsync(dotnet, Port, Speed, token, cancellationToken));
        var server = new McpProgressServer(name, process);
        try
        {
            if (Connect)
            {
                server.Connection = Open(name, new HttpEndpoint(process.Uri) { Token = token }, Options);
            }
        }
        catch
        {
            Await(async _ =>
            {
                await process.DisposeAsync().ConfigureAwait(false);
                return true;
            });
            throw;
        }

        State.Add(server);
        WriteObject(Connect ? server.Connection : server);
    }

    private void StartStdio()
    {
        McpConnection connection;
        try
        {
            connection = Open(Name, FindDotnet() is { } dotnet
                ? ServerProgram.Executable(dotnet, "stdio", "--speed", ServerProgram.Text(Speed)) with { WorkingDirectory = CurrentFolder }
                : ServerProgram.PowerShell(Speed) with { WorkingDirectory = CurrentFolder }, Options);
        }
        catch (McpFailureException failure) when (StartFailures.IsMissingRuntime(failure.Message))
        {
            WriteVerbose($"{failure.Message} PowerShell itself is the server instead.");
            connection = Open(Name, ServerProgram.PowerShell(Speed) with { WorkingDirectory = CurrentFolder }, Options);
        }

        State.Add(new McpProgressServer(connection));
        WriteObject(connection);
    }

    private void ServeHere()
    {
        if (!Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            WriteWarning("The server now waits for an MCP client on this console's own input; Ctrl+C ends it. To try it from this prompt, add -Connect.");
        }

        using ILoggerFactory loggers = StandardErrorLog.Create();
        using Stream input = Console.OpenStandardInput();
        using Stream output = Console.OpenStandardOutput();
        var options = new ToolServerOptions { Tools = SampleTools.All(new SampleOptions { Speed = Speed }), Instructions = SampleTools.Instructions };
        Await(async cancellationToken =>
        {
            await StdioToolServer.RunAsync(options, input, output, loggers, cancellationToken).ConfigureAwait(false);
            return true;
        });
    }

    private string? FindDotnet() => InvokeCommand.GetCommand("dotnet", CommandTypes.Application)?.Definition;
}
