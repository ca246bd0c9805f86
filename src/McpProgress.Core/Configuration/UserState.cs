namespace McpProgress.Core.Configuration;

/// <summary>The folders where the module keeps what is not a setting: nobody's business but the user's.</summary>
internal static class UserState
{
    /// <summary>
    /// The path of a folder of ours: under <c>$XDG_STATE_HOME</c> where it is set to an absolute path (the XDG Base Directory
    /// rule), else under <c>%LOCALAPPDATA%</c>, <c>~/Library/Application Support</c> or <c>~/.local/state</c>. It need not exist.
    /// </summary>
    public static string Folder(string name) => Path.Combine(Root(), "mcpprogress", name);

    /// <summary>Makes a folder that others cannot look into (mode 0700; on Windows the user's profile sees to that).</summary>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { } state && Path.IsPathFullyQualified(state))
        {
            return state;
        }

        string home = PathOf(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? PathOf(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Application Support")
            : Path.Combine(home, ".local", "state");
    }

    // Also where it is not there (a container, a service): no path would mean the folder that the process happens to be in.
    private static string PathOf(Environment.SpecialFolder folder) => Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
