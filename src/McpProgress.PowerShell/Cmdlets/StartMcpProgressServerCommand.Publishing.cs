using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.ProgressServer;
using McpProgress.PowerShell.Publishing;
using McpProgress.Server;
using McpProgress.Server.Stdio;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Publishing PowerShell commands.</summary>
public sealed partial class StartMcpProgressServerCommand
{
    private void Publish()
    {
        if (!MyInvocation.BoundParameters.ContainsKey(nameof(Name)))
        {
            Name = "commands";
        }

        CommandSelection selection = new SelectionReader(this).Read(Command, Path, All, Module, new TaskChoice(NoTask, TaskOnly));
        if (!IsStdio)
        {
            PublishHttp(selection);
        }
        else if (Connect)
        {
            PublishToChild(selection);
        }
        else
        {
            PublishHere(selection);
        }
    }

    private void PublishHttp(CommandSelection selection)
    {
        Publication publication = Publication.Open(selection, MaxConcurrency, ownsProcess: false, NullLoggerFactory.Instance, Stop);
        try
        {
            foreach (string remark in publication.Remarks)
            {
                WriteWarning(remark);
            }

            if (!publication.Keep(command => ShouldProcess(command.Summary, "Publish over HTTP")))
            {
                publication.Dispose();
                return;
            }

            Secret? token = Token is null ? null : new Secret((string)PlainValue.Of(Token)!);
            AddHttp(ServeInBackground(publication.ToServerOptions(TaskFile.Open(TaskPath)), publication, token), token, publication);
        }
        catch
        {
            publication.Dispose();
            throw;
        }
    }

    // A child has only what it can load by itself.
    private void PublishToChild(CommandSelection selection)
    {
        if (selection.Helpers.Count > 0 && selection.Commands.Any(command => command is FunctionInfo { Module: null }))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "A function of this session cannot be served by a child process. Put it into a script and use -Path, or leave out -Stdio: -Http -Connect serves it from here.");
        }

        if (IsWhatIf)
        {
            List(selection);
            return;
        }

        if (!ShouldProcess("The commands, from a child process", "Publish over stdio"))
        {
            return;
        }

        StdioEndpoint program = ServerProgram.PowerShell(selection.ToScript(MaxConcurrency, TaskPath)) with { WorkingDirectory = CurrentFolder };
        McpConnection connection = Open(Name, program, Options);
        State.Add(new McpProgressServer(connection) { Command = program });
        WriteObject(connection);
    }

    private void List(CommandSelection selection)
    {
        using Publication publication = Publication.Open(selection, maxConcurrency: 1, ownsProcess: false, NullLoggerFactory.Instance, Stop);
        publication.Keep(command => ShouldProcess(command.Summary, "Publish over stdio"));
    }

    private void PublishHere(CommandSelection selection)
    {
        if (IsWhatIf)
        {
            List(selection);
            return;
        }

        using ILoggerFactory loggers = StandardErrorLog.Create();
        Publication? publication = null;
        try
        {
            ServeHere(
                () =>
                {
                    publication = Publication.Open(selection, MaxConcurrency, ownsProcess: true, loggers, Stop);
                    publication.LogRemarks();
                    return publication.ToServerOptions(TaskFile.Open(TaskPath));
                },
                loggers,
                () => _ = publication!.EndProcessWithCommandsAsync());
        }
        finally
        {
            publication?.Dispose();
        }
    }
}
