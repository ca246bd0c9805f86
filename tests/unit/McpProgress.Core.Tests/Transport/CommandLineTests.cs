using System.Diagnostics;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Configuration;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Arguments_are_handed_over_one_by_one()
    {
        string[] arguments = ["a b", "", "\"q\"", "$(x)", "a&b", "é"];
        ProcessStartInfo start = CommandLine.Resolve(new StdioEndpoint(FaultyServer.Path, arguments));
        Assert.Equal(FaultyServer.Path, start.FileName);
        Assert.Equal(arguments, start.ArgumentList);
        Assert.Equal(Environment.CurrentDirectory, start.WorkingDirectory);
    }

    [Fact]
    public void A_command_that_is_nowhere_on_the_path_says_so()
    {
        McpFailureException failure = Fails(new StdioEndpoint("no-such-command-anywhere", []));
        Assert.Contains("'no-such-command-anywhere' was not found on PATH", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_does_not_exist_says_in_which_folder()
    {
        McpFailureException failure = Fails(new StdioEndpoint("./missing", []) { WorkingDirectory = _folder.Path });
        Assert.Contains($"not found in '{_folder.Path}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_exist_says_so()
    {
        string folder = Path.Combine(_folder.Path, "missing");
        McpFailureException failure = Fails(new StdioEndpoint(FaultyServer.Path, []) { WorkingDirectory = folder });
        Assert.Contains($"'{folder}' does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    public void Nothing_is_no_command(string command) => Fails(new StdioEndpoint(command, []));

    [Fact]
    public void A_relative_path_starts_at_the_working_directory()
    {
        string program = Executable("bin/tool");
        Assert.Equal(program, CommandLine.Find("./bin/" + Path.GetFileName(program), _folder.Path));
    }

    [Fact]
    public void The_path_of_the_server_s_own_environment_is_searched_in_order()
    {
        string first = Executable("one/tool");
        Executable("two/tool");
        string path = string.Join(Path.PathSeparator, "", Path.Combine(_folder.Path, "none"), Path.Combine(_folder.Path, "one"), Path.Combine(_folder.Path, "two"));
        var environment = new Dictionary<string, string?> { ["PATH"] = path };
        Assert.Equal(first, CommandLine.Find("tool", null, environment));
        Assert.Null(CommandLine.Find("tool"));
    }

    [Fact]
    public void What_may_not_be_executed_is_no_command()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // There the extension decides.
        }

        _folder.Write("data", "no program");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder"));
        Fails(new StdioEndpoint("./data", []) { WorkingDirectory = _folder.Path });
        Fails(new StdioEndpoint("./folder", []) { WorkingDirectory = _folder.Path });
    }

    private string Executable(string name)
    {
        string path = _folder.Write(OperatingSystem.IsWindows() ? name + ".exe" : name, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return Path.GetFullPath(path);
    }

    private static McpFailureException Fails(StdioEndpoint endpoint)
    {
        McpFailureException failure = Assert.Throws<McpFailureException>(() => CommandLine.Resolve(endpoint));
        Assert.Equal(ErrorIds.ConnectionFailed, failure.ErrorId);
        return failure;
    }
}
