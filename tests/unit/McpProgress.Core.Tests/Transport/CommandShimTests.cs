using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class CommandShimTests
{
    /// <summary>As cmd-shim, npm's own writer of shims, has written them since 2020.</summary>
    private const string NpmShim = """
        @ECHO off
        GOTO start
        :find_dp0
        SET dp0=%~dp0
        EXIT /b
        :start
        SETLOCAL
        CALL :find_dp0

        IF EXIST "%dp0%\node.exe" (
          SET "_prog=%dp0%\node.exe"
        ) ELSE (
          SET "_prog=node"
          SET PATHEXT=%PATHEXT:;.JS;=;%
        )

        endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\node_modules\@scope\server\dist\index.js" %*
        """;

    /// <summary>As Node's installer brings it.</summary>
    private const string Npx = """
        :: Created by npm, please don't edit manually.
        @ECHO OFF
        SETLOCAL
        SET "NODE_EXE=%~dp0\node.exe"
        IF NOT EXIST "%NODE_EXE%" (
          SET "NODE_EXE=node"
        )
        SET "NPM_PREFIX_JS=%~dp0\node_modules\npm\bin\npm-prefix.js"
        SET "NPX_CLI_JS=%~dp0\node_modules\npm\bin\npx-cli.js"
        FOR /F "delims=" %%F IN ('CALL "%NODE_EXE%" "%NPM_PREFIX_JS%"') DO (
          SET "NPM_PREFIX_NPX_CLI_JS=%%F\node_modules\npm\bin\npx-cli.js"
        )
        IF EXIST "%NPM_PREFIX_NPX_CLI_JS%" (
          SET "NPX_CLI_JS=%NPM_PREFIX_NPX_CLI_JS%"
        )
        "%NODE_EXE%" "%NPX_CLI_JS%" %*
        """;

    private const string Path = @"C:\Tools & more\server.cmd";
    private const string Node = @"C:\Program Files\nodejs\node.exe";

    [Theory]
    [InlineData("server.cmd", true)]
    [InlineData("SERVER.CMD", true)]
    [InlineData("server.bat", true)]
    [InlineData("server.exe", false)]
    [InlineData("server.cmd.exe", false)]
    [InlineData("cmd", false)]
    public void Batch_files_are_known_by_their_name(string path, bool expected) => Assert.Equal(expected, CommandShim.IsBatchFile(path));

    [Fact]
    public void A_shim_of_npm_is_unwrapped_to_its_script()
    {
        (string program, IReadOnlyList<string> arguments) = Unwrap(NpmShim, "--flag", "a & b", "%PATH%", "\"quoted\"");
        Assert.Equal(Node, program);
        Assert.Equal([@"C:\Tools & more\node_modules\@scope\server\dist\index.js", "--flag", "a & b", "%PATH%", "\"quoted\""], arguments);
    }

    [Fact]
    public void Npx_is_unwrapped_to_its_script()
    {
        (string program, IReadOnlyList<string> arguments) = Unwrap(Npx, "-y", "server&calc");
        Assert.Equal(Node, program);
        Assert.Equal([@"C:\Tools & more\node_modules\npm\bin\npx-cli.js", "-y", "server&calc"], arguments);
    }

    [Theory]
    [InlineData("@\"%~dp0\\python.exe\" -m server %*")]
    [InlineData("\"%_prog%\" --inspect \"%dp0%\\cli.js\" %*")]
    [InlineData("\"%NODE_EXE%\" \"%NPX_CLI_JS%\" %*")]
    [InlineData("")]
    public void Any_other_batch_file_is_started_as_it_is(string batch)
    {
        (string program, IReadOnlyList<string> arguments) = Unwrap(batch, "plain", "with space", "semi;colon", "back\\slash", "");
        Assert.Equal(Path, program);
        Assert.Equal(["plain", "with space", "semi;colon", "back\\slash", ""], arguments);
    }

    [Theory]
    [InlineData("a&calc")]
    [InlineData("a|calc")]
    [InlineData("%PATH%")]
    [InlineData("!PATH!")]
    [InlineData("a\"b")]
    [InlineData("a^b")]
    [InlineData("<in")]
    [InlineData(">out")]
    [InlineData("(a)")]
    [InlineData("a\nb")]
    public void An_argument_that_cmd_would_interpret_is_refused(string argument)
    {
        McpFailureException failure = Assert.Throws<McpFailureException>(() => Unwrap("@other %*", "good", argument));
        Assert.Equal(ErrorIds.ConnectionFailed, failure.ErrorId);
        Assert.Contains(argument, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_node_a_shim_is_any_other_batch_file()
    {
        (string program, _) = CommandShim.Unwrap(Path, ["plain"], _ => NpmShim, _ => null);
        Assert.Equal(Path, program);
        Assert.Throws<McpFailureException>(() => CommandShim.Unwrap(Path, ["a&b"], _ => NpmShim, _ => null));
    }

    private static (string Program, IReadOnlyList<string> Arguments) Unwrap(string batch, params string[] arguments) =>
        CommandShim.Unwrap(Path, arguments, path => path == Path ? batch : throw new FileNotFoundException(path), name => name == "node" ? Node : null);
}
