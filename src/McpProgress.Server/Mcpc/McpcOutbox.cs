using McpProgress.Core.Mcpc;

namespace McpProgress.Server.Mcpc;

/// <summary>A sequence of messages that are numbered from 0: those of one task, or a session's server events.</summary>
internal sealed class McpcSequence
{
    private long _next;
    private volatile bool _ended;

    /// <summary>Whether its last message is on its way: what comes for it now is dropped.</summary>
    public bool IsEnded
    {
        get => _ended;
        set => _ended = value;
    }

    /// <summary>The progress that waits as the sequence's last message and may still be replaced by newer one.</summary>
    public McpcOutbox.Entry? Replaceable { get; set; }

    /// <summary>Gives a message the next number.</summary>
    public McpcMessage Number(McpcMessage message) => message with { Sequence = _next++ };
}

/// <summary>
/// The callbacks of one connection on their way out: one at a time, in order for each task. Behind a slow reader only
/// progress gives way, and only to newer progress of the same task; whoever sends anything else waits for room.
/// </summary>
/// <param name="send">Puts one message on the wire; completes when there is room for the next.</param>
internal sealed class McpcOutbox(Func<McpcMessage, Task> send)
{
    /// <summary>How many messages may wait before their senders do.</summary>
    public const int Capacity = 64;

    private readonly object _gate = new();
    private readonly Queue<Entry> _waiting = new();
    private TaskCompletionSource? _room;
    private bool _draining;

    /// <summary>Sends a message; waits while too many wait already.</summary>
    public ValueTask SendAsync(McpcSequence sequence, McpcMessage message, CancellationToken cancelled = default) =>
        SendAsync(sequence, message, isLast: false, cancelled);

    /// <summary>Sends the last message of a sequence: what a tool left running still says is not sent.</summary>
    public ValueTask EndAsync(McpcSequence sequence, McpcMessage message) => SendAsync(sequence, message, isLast: true, CancellationToken.None);

    /// <summary>Sends progress; it takes the place of progress that still waits. Never waits itself.</summary>
    public void SendProgress(McpcSequence sequence, McpcMessage message)
    {
        lock (_gate)
        {
            if (sequence.IsEnded)
            {
                return;
            }

            if (sequence.Replaceable is { } waiting)
            {
                waiting.Message = message;
                return;
            }

            sequence.Replaceable = new Entry(sequence, message);
            Add(sequence.Replaceable);
        }
    }

    private async ValueTask SendAsync(McpcSequence sequence, McpcMessage message, bool isLast, CancellationToken cancelled)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (sequence.IsEnded)
                {
                    return;
                }

                if (_waiting.Count < Capacity)
                {
                    sequence.IsEnded = isLast;
                    sequence.Replaceable = null;
                    Add(new Entry(sequence, message));
                    return;
                }

                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await room.WaitAsync(cancelled).ConfigureAwait(false);
        }
    }

    private void Add(Entry entry)
    {
        _waiting.Enqueue(entry);
        if (!_draining)
        {
            _draining = true;
            _ = Task.Run(DrainAsync);
        }
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            McpcMessage message;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out var entry))
                {
                    _draining = false;
                    return;
                }

                if (entry.Sequence.Replaceable == entry)
                {
                    entry.Sequence.Replaceable = null;
                }

                // Numbered on the way out, so that what was replaced leaves no gap.
                message = entry.Sequence.Number(entry.Message);
                _room?.TrySetResult();
                _room = null;
            }

            try
            {
                await send(message).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // A connection ends in many ways; whichever it was, nobody reads this any more and the next message finds out too.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }

    /// <summary>A message that waits.</summary>
    internal sealed class Entry(McpcSequence sequence, McpcMessage message)
    {
        public McpcSequence Sequence { get; } = sequence;

        public McpcMessage Message { get; set; } = message;
    }
}
