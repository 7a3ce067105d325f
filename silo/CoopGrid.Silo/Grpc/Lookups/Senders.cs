using System.Collections.Concurrent;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// Whose a sender is. Bindings are read from the directory once and kept. What changes through this silo is forgotten at once. Where there are other
/// silos, <see cref="SenderWatch"/> forgets what changes through them, and what is kept is trusted only while it hears from the directory.
/// </summary>
internal sealed class Senders(IMemberDirectory directory, TimeProvider time)
{
    private const int MostKept = 1_000_000;

    private readonly ConcurrentDictionary<(string Coop, string Sender), string> _bound = new();
    private long _trustedUntil = long.MaxValue;
    private int _changes;

    /// <summary>Whether the directory said lately that what is kept holds; always, where there are no other silos.</summary>
    public bool IsTrusted => Volatile.Read(ref _trustedUntil) is var until && (until == long.MaxValue || time.GetTimestamp() < until);

    /// <summary>The sender's member, or null.</summary>
    public ValueTask<string?> FindAsync(string coop, string sender) =>
        _bound.TryGetValue((coop, sender), out string? member) && IsTrusted ? new(member) : Read(coop, sender);

    public async Task<SenderBinding> BindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        SenderBinding binding = await directory.BindSenderAsync(coop, sender, member, cancellation);
        Forget([(coop, sender)]);
        return binding;
    }

    public async Task<bool> UnbindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        bool unbound = await directory.UnbindSenderAsync(coop, sender, member, cancellation);
        Forget([(coop, sender)]);
        return unbound;
    }

    /// <summary>What is kept is not trusted beyond this monotonic time; at first there is no end.</summary>
    public void TrustUntil(long timestamp) => Volatile.Write(ref _trustedUntil, timestamp);

    /// <summary>These bindings have changed.</summary>
    public void Forget(IEnumerable<(string Coop, string Sender)> changed)
    {
        Interlocked.Increment(ref _changes);
        foreach ((string Coop, string Sender) sender in changed) _bound.TryRemove(sender, out _);
    }

    /// <summary>Any binding may have changed.</summary>
    public void ForgetAll()
    {
        Interlocked.Increment(ref _changes);
        _bound.Clear();
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
