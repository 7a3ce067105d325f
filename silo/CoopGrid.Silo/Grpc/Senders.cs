using System.Collections.Concurrent;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// Whose a sender is. Bindings are read from the directory once and kept; every change passes here, so what is kept is what is
/// stored.
/// </summary>
internal sealed class Senders(IMemberDirectory directory)
{
    private const int MostKept = 1_000_000;

    private readonly ConcurrentDictionary<(string Coop, string Sender), string> _bound = new();
    private int _changes;

    /// <summary>The sender's member, or null.</summary>
    public ValueTask<string?> FindAsync(string coop, string sender) =>
        _bound.TryGetValue((coop, sender), out string? member) ? new(member) : Read(coop, sender);

    public async Task<SenderBinding> BindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        SenderBinding binding = await directory.BindSenderAsync(coop, sender, member, cancellation);
        Forget(coop, sender);
        return binding;
    }

    public async Task<bool> UnbindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        bool unbound = await directory.UnbindSenderAsync(coop, sender, member, cancellation);
        Forget(coop, sender);
        return unbound;
    }

    private void Forget(string coop, string sender)
    {
        Interlocked.Increment(ref _changes);
        _bound.TryRemove((coop, sender), out _);
    }

    private async ValueTask<string?> Read(string coop, string sender)
    {
        int changes = Volatile.Read(ref _changes);
        string? member = await directory.FindSenderAsync(coop, sender, CancellationToken.None);
        if (member is null) return null;
        if (_bound.Count >= MostKept) _bound.Clear();
        _bound[(coop, sender)] = member;

        // What was read before a change may be of before it: it serves this call, and is not kept.
        if (Volatile.Read(ref _changes) != changes) _bound.TryRemove((coop, sender), out _);
        return member;
    }
}
