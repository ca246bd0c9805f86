namespace McpProgress.Core.Configuration;

/// <summary>Files that are nobody's business but the user's.</summary>
public static class PrivateFile
{
    /// <summary>How to open one: where that makes the file, only the user may read it (mode 0600; on Windows the folder sees to that).</summary>
    /// <param name="mode">What is done when the file is there, and when it is not.</param>
    /// <param name="access">What it is opened for.</param>
    /// <param name="share">What others may do meanwhile.</param>
    public static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows() && mode is not (FileMode.Open or FileMode.Truncate))
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
