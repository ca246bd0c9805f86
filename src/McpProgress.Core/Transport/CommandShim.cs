using System.Buffers;
using System.Text.RegularExpressions;

namespace McpProgress.Core.Transport;

/// <summary>
/// Starts what a Windows batch file stands for. A batch file is run by cmd.exe, which parses its arguments again:
/// an argument with an ampersand would run a second command. The shims that npm writes are therefore
/// unwrapped to the script they call, and any other batch file gets plain arguments only.
/// </summary>
internal static partial class CommandShim
{
    private static readonly SearchValues<char> Reparsed = SearchValues.Create("\"%!^&|<>()\r\n");

    /// <summary>Whether cmd.exe would run this file.</summary>
    public static bool IsBatchFile(string path) =>
        path.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".bat", StringComparison.OrdinalIgnoreCase);

    /// <summary>The program to start instead, and its arguments.</summary>
    /// <param name="path">The batch file.</param>
    /// <param name="arguments">The arguments meant for it.</param>
    /// <param name="read">Reads a file.</param>
    /// <param name="find">Finds a program on PATH.</param>
    /// <exception cref="McpFailureException">McpConnectionFailed: an argument cannot be passed through cmd.exe unchanged.</exception>
    public static (string Program, IReadOnlyList<string> Arguments) Unwrap(
        string path, IReadOnlyList<string> arguments, Func<string, string> read, Func<string, string?> find)
    {
        if (FindScript(read(path)) is { } script && find("node") is { } node)
        {
            string folder = path[..(path.LastIndexOfAny(['\\', '/']) + 1)];
            return (node, [folder + script, .. arguments]);
        }

        if (arguments.FirstOrDefault(argument => argument.AsSpan().ContainsAny(Reparsed)) is { } unsafeArgument)
        {
            throw new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"'{path}' is a batch file, and the argument '{unsafeArgument}' has a character that cmd.exe would interpret. Start the program behind the batch file directly.");
        }

        return (path, arguments);
    }

    private static string? FindScript(string batch)
    {
        if (NpmShim().Match(batch) is { Success: true } shim)
        {
            return shim.Groups["script"].Value;
        }

        string variable = NodeTool().Match(batch).Groups["variable"].Value;
        return NodeToolScript().Matches(batch)
            .FirstOrDefault(set => variable.Length > 0 && set.Groups["variable"].Value == variable)?.Groups["script"].Value;
    }

    // The last line of the shims that npm installs:  "%_prog%"  "%dp0%\node_modules\name\cli.js" %*
    [GeneratedRegex(@"""%_prog%""\s+""%(?:~dp0|dp0%)\\(?<script>[^""%]+\.[cm]?js)""\s+%\*", RegexOptions.CultureInvariant)]
    private static partial Regex NpmShim();

    // The last line of npx.cmd and npm.cmd, which come with Node:  "%NODE_EXE%" "%NPX_CLI_JS%" %*
    [GeneratedRegex(@"""%NODE_EXE%""\s+""%(?<variable>NP[MX]_CLI_JS)%""\s+%\*", RegexOptions.CultureInvariant)]
    private static partial Regex NodeTool();

    // Their own copy of the script:  SET "NPX_CLI_JS=%~dp0\node_modules\npm\bin\npx-cli.js"
    [GeneratedRegex(@"SET ""(?<variable>NP[MX]_CLI_JS)=%~dp0\\?(?<script>node_modules\\[^""%]+\.js)""", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex NodeToolScript();
}
