using McpProgress.Core.Text;

namespace McpProgress.Core.Transport;

/// <summary>Makes JSON that is read in pieces readable where it holds half characters, see <see cref="Surrogates"/>.</summary>
internal sealed class MendedStream(Stream inner) : ReadStream(inner)
{
    private readonly byte[] _buffer = new byte[16 * 1024];

    // What is read: [_start, _settled) can be handed out, [_settled, _end) waits for what follows.
    private int _start;
    private int _settled;
    private int _end;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Nothing at all would mean the end: what is held back has to be completed first.
        while (_start == _settled)
        {
            int read = await Inner.ReadAsync(_buffer.AsMemory(KeepRest()), cancellationToken).ConfigureAwait(false);
            if (!Take(read))
            {
                return 0;
            }
        }

        return HandOut(buffer.Span);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        while (_start == _settled)
        {
            int kept = KeepRest();
            if (!Take(Inner.Read(_buffer, kept, _buffer.Length - kept)))
            {
                return 0;
            }
        }

        return HandOut(buffer.AsSpan(offset, count));
    }

    /// <summary>Makes room behind what is held back.</summary>
    private int KeepRest()
    {
        _buffer.AsSpan(_settled, _end - _settled).CopyTo(_buffer);
        _end -= _settled;
        _start = _settled = 0;
        return _end;
    }

    /// <summary>Mends what was read. False: there was nothing more, and nothing is left.</summary>
    private bool Take(int read)
    {
        _end += read;
        _settled = Surrogates.Mend(_buffer.AsSpan(0, _end), isWhole: read == 0);
        return _end > 0;
    }

    private int HandOut(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _settled - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}
