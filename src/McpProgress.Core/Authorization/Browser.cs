using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Authorization;

/// <summary>Opens an address in the user's browser.</summary>
internal static partial class Browser
{
    /// <summary>Opens an http or https address.</summary>
    /// <returns>False when there is no browser, or none that could be started, or the address is none for a browser.</returns>
    public static bool TryOpen(Uri address)
    {
        if (!IsWebAddress(address))
        {
            return false;
        }

        foreach (string[] command in CommandsFor(address, Environment.GetEnvironmentVariable, WhatOpens()))
        {
            if (CommandLine.Find(command[0]) is { } program && TryStart(program, command[1..]))
            {
                return true;
            }
        }

        return OperatingSystem.IsWindows() && TryOpenOnWindows(address);
    }

    /// <summary>
    /// The commands to try, best first: those of the BROWSER variable, a list as xdg-open and Python's webbrowser read it
    /// (%s stands for the address, which else comes last), then the system's own.
    /// </summary>
    internal static IEnumerable<string[]> CommandsFor(Uri address, Func<string, string?> variable, string? opener)
    {
        foreach (string entry in (variable("BROWSER") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = [.. Word().Matches(entry).Select(word => word.Value.Trim('"'))];
            yield return words.Contains("%s") ? [.. words.Select(word => word == "%s" ? address.AbsoluteUri : word)] : [.. words, address.AbsoluteUri];
        }

        // Without a display xdg-open would start a browser for text in this very terminal.
        if (opener is not null && (opener == "open" || !string.IsNullOrEmpty(variable("DISPLAY")) || !string.IsNullOrEmpty(variable("WAYLAND_DISPLAY"))))
        {
            yield return [opener, address.AbsoluteUri];
        }
    }

    /// <summary>Whether it is for a browser at all. It comes from a server, and the system would open a program as well.</summary>
    internal static bool IsWebAddress(Uri address) => address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps;

    private static string? WhatOpens() => OperatingSystem.IsWindows() ? null : OperatingSystem.IsMacOS() ? "open" : "xdg-open";

    private static bool TryStart(string program, string[] arguments)
    {
        // Through a shell that silences it: what a browser prints has no place in the user's console.
        ProcessStartInfo start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(program, arguments) { CreateNoWindow = true }
            : new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", program, .. arguments]);
        return TryStart(start);
    }

    private static bool TryOpenOnWindows(Uri address) => TryStart(new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true });

    private static bool TryStart(ProcessStartInfo start)
    {
        try
        {
            // Null where a browser that is already running took the address.
            using Process? process = Process.Start(start);
            return true;
        }
        catch (Exception exception) when (exception is Win32Exception or FileNotFoundException)
        {
            return false;
        }
    }

    [GeneratedRegex("""("[^"]*"|\S)+""", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
