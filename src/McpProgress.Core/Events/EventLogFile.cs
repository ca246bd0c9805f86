using System.Diagnostics;
using McpProgress.Core.Configuration;

namespace McpProgress.Core.Events;

/// <summary>
/// The file of an event log, which other processes may write to as well. Whoever writes has it alone for that moment, so
/// that every line stays whole; it is put aside when it has grown to its size.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="rotateAt">The size in bytes at which it is put aside as <c>path.1</c>; 0 never.</param>
/// <param name="kept">How many files that were put aside are kept.</param>
internal sealed class EventLogFile(string path, long rotateAt, int kept)
{
    /// <summary>How long the file may be another writer's. A batch takes it milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Nobody else reads or writes. On Windows a file must be shared for deletion to be renamed while it is open.</summary>
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    /// <summary>How the system says that a file is another's: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.</summary>
    private static readonly int[] AnothersNow = [11, 35, unchecked((int)0x80070020)];

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Creates the file where it is missing.</summary>
    /// <exception cref="IOException">It cannot be written; so say other exceptions of the file system.</exception>
    public void Probe() => Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Alone).Dispose();

    /// <summary>Appends whole lines: all of them, or none.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        using FileStream file = OpenCurrent();
        long end = file.Length;
        try
        {
            if (end > 0)
            {
                file.Seek(-1, SeekOrigin.End);
                if (file.ReadByte() != '\n')
                {
                    // A writer died in the middle of a line. Without this the next line would be lost with it.
                    file.Write("\n"u8);
                }
            }

            file.Write(lines);
        }
        catch (IOException)
        {
            // The disk is full, most likely. What fitted ends in the middle of a line.
            Truncate(file, end);
            throw;
        }
    }

    /// <summary>The lines of a file, also while it is written.</summary>
    public static IEnumerable<string> ReadLines(string path)
    {
        using FileStream stream = Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private FileStream OpenCurrent()
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            FileStream file = Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Alone);
            if (IsPutAside(file))
            {
                file.Dispose();
                if (Stopwatch.GetElapsedTime(started) > Patience)
                {
                    throw new IOException($"The file '{path}' is read-only.");
                }
            }
            else if (rotateAt <= 0 || file.Length < rotateAt)
            {
                return file;
            }
            else
            {
                using (file)
                {
                    PutAside(file);
                }
            }
        }
    }

    private void PutAside(FileStream file)
    {
        for (int number = kept - 1; number >= 1; number--)
        {
            if (File.Exists($"{path}.{number}"))
            {
                File.Move($"{path}.{number}", $"{path}.{number + 1}", overwrite: true);
            }
        }

        if (File.Exists(path))
        {
            File.Move(path, $"{path}.1", overwrite: true);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead);
        }
    }

    /// <summary>
    /// Whether the file was put aside by another writer after it was opened here and before it was ours alone: on Unix these
    /// are two steps. By its name it could not be told, which is another file's by then. Files put aside are read-only.
    /// </summary>
    private static bool IsPutAside(FileStream file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & UnixFileMode.UserWrite) == 0;

    private static void Truncate(FileStream file, long length)
    {
        try
        {
            file.SetLength(length);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or NotSupportedException or UnauthorizedAccessException)
        {
            // Devices have no length; whoever reads skips the torn line.
        }
    }

    /// <summary>Opens a file; waits while it is another's.</summary>
    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                // What tools were called with and what they said is nobody else's business.
                FileStreamOptions options = PrivateFile.Options(mode, access, share);
                options.BufferSize = access == FileAccess.Read ? 4096 : 0;
                return new FileStream(path, options);
            }
            catch (IOException exception) when (AnothersNow.Contains(exception.HResult) && Stopwatch.GetElapsedTime(started) < Patience)
            {
                // The system tells nobody when a lock is free.
                Thread.Sleep(10);
            }
        }
    }
}
