using System.Management.Automation.Host;

namespace McpProgress.PowerShell.Publishing;

/// <summary>A screen that is not there: it has a size, for commands that lay out text, and nothing on it.</summary>
internal sealed class ToolHostRawUI : PSHostRawUserInterface
{
    private static readonly Size Screen = new(120, 50);

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    /// <inheritdoc/>
    public override Size BufferSize { get => Screen; set => _ = value; }

    /// <inheritdoc/>
    public override Coordinates CursorPosition { get; set; }

    /// <inheritdoc/>
    public override int CursorSize { get; set; } = 25;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    /// <inheritdoc/>
    public override bool KeyAvailable => false;

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => Screen;

    /// <inheritdoc/>
    public override Size MaxWindowSize => Screen;

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get; set; }

    /// <inheritdoc/>
    public override Size WindowSize { get => Screen; set => _ = value; }

    /// <inheritdoc/>
    public override string WindowTitle { get; set; } = "";

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
        // There is no keyboard.
    }

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NoScreen();

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options) =>
        throw new HostException("A published command cannot wait for a key: there is no keyboard. Ask with Read-Host or a choice instead.");

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
    {
        // Nothing is on the screen.
    }

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host does this; nothing is on the screen.
    }

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
    {
        // Nothing is on the screen.
    }

    private static HostException NoScreen() => new("A published command has no screen to read.");
}
