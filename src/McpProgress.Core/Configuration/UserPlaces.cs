namespace McpProgress.Core.Configuration;

/// <summary>Where the user's own files are, and the environment that a configuration's variables are read from.</summary>
/// <param name="Home">The user's home folder; empty when there is none (a service account).</param>
/// <param name="ConfigurationRoot">The folder that holds applications' settings; empty when there is none.</param>
/// <param name="Variable">Gives an environment variable's value, or null when it is not set.</param>
public sealed record UserPlaces(string Home, string ConfigurationRoot, Func<string, string?> Variable)
{
    /// <summary>The places of the user who runs this process.</summary>
    public static UserPlaces Current => Resolve(
        OperatingSystem.IsWindows(),
        System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile),
        System.Environment.GetEnvironmentVariable);

    /// <summary>
    /// On Windows <c>%APPDATA%</c>; elsewhere, macOS included (as PowerShell itself does), <c>$XDG_CONFIG_HOME</c> when it
    /// is an absolute path (the XDG Base Directory rule), else <c>~/.config</c>.
    /// </summary>
    internal static UserPlaces Resolve(bool windows, string home, Func<string, string?> variable)
    {
        var named = variable(windows ? "APPDATA" : "XDG_CONFIG_HOME");
        var root = !string.IsNullOrEmpty(named) && Path.IsPathFullyQualified(named) ? named
            : home.Length == 0 ? ""
            : windows ? Path.Combine(home, "AppData", "Roaming")
            : Path.Combine(home, ".config");
        return new UserPlaces(home, root, variable);
    }
}
