using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>
/// This process's standard input and output, taken for the protocol alone. From then on, whoever writes to the console
/// writes to the standard error, whoever reads from it finds its end, and so does every program that is started.
/// </summary>
internal sealed class ProtocolStreams : IDisposable
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    // Held for the life of the process, which has it as its standard input.
    private static SafeFileHandle? _nothing;

    private ProtocolStreams(Stream input, Stream output) => (Input, Output) = (input, output);

    /// <summary>What the client sends.</summary>
    public Stream Input { get; }

    /// <summary>What the client receives.</summary>
    public Stream Output { get; }

    /// <summary>Takes them. There is no way back: the process serves to its end.</summary>
    public static ProtocolStreams Take()
    {
        var streams = OperatingSystem.IsWindows() ? TakeOnWindows() : TakeOnUnix();
        Console.SetIn(TextReader.Null);

        // Whatever was opened before still leads to the old output.
        Console.SetOut(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true });
        return streams;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
    }

    private static ProtocolStreams TakeOnUnix()
    {
        // Copies that no child process inherits.
        var input = SystemNative.Dup(StandardInput);
        var output = SystemNative.Dup(StandardOutput);
        using (var nothing = File.OpenHandle("/dev/null"))
        {
            _ = LibC.Dup2((int)nothing.DangerousGetHandle(), StandardInput);
        }

        _ = LibC.Dup2(StandardError, StandardOutput);
        return new ProtocolStreams(Open(input, FileAccess.Read), Open(output, FileAccess.Write));
    }

    private static ProtocolStreams TakeOnWindows()
    {
        const int Input = -10, Output = -11, Error = -12;
        var streams = new ProtocolStreams(Console.OpenStandardInput(), Console.OpenStandardOutput());
        _nothing = File.OpenHandle("NUL");
        Kernel32.SetStdHandle(Input, _nothing.DangerousGetHandle());
        Kernel32.SetStdHandle(Output, Kernel32.GetStdHandle(Error));
        return streams;
    }

    private static FileStream Open(nint descriptor, FileAccess access) => new(new SafeFileHandle(descriptor, ownsHandle: true), access, bufferSize: 0);

    private static class SystemNative
    {
        // The runtime's own: dup with close-on-exec, which the C library offers only through a variadic function.
        [DllImport("libSystem.Native", EntryPoint = "SystemNative_Dup", SetLastError = true)]
        public static extern nint Dup(nint descriptor);
    }

    private static class LibC
    {
        [DllImport("libc", EntryPoint = "dup2", SetLastError = true)]
        public static extern int Dup2(int from, int to);
    }

    private static class Kernel32
    {
        [DllImport("kernel32", SetLastError = true)]
        public static extern nint GetStdHandle(int handle);

        [DllImport("kernel32", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool SetStdHandle(int handle, nint to);
    }
}
