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

    /// <summary>The sender's member, or null.</summary>
    public ValueTask<string?> FindAsync(string coop, string sender) =>
        _bound.TryGetValue((coop, sender), out string? member) ? new(member) : Read(coop, sender);

    public async Task<SenderBinding> BindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        SenderBinding binding = await directory.BindSenderAsync(coop, sender, member, cancellation);
        _bound.TryRemove((coop, sender), out _);
        return binding;
    }

    public async Task<bool> UnbindAsync(string coop, string sender, string member, CancellationToken cancellation)
    {
        bool unbound = await directory.UnbindSenderAsync(coop, sender, member, cancellation);
        _bound.TryRemove((coop, sender), out _);
        return unbound;
    }

    private async ValueTask<string?> Read(string coop, string sender)
    {
        string? member = await directory.FindSenderAsync(coop, sender, CancellationToken.None);
        if (member is null) return null;
        if (_bound.Count >= MostKept) _bound.Clear();
        return _bound[(coop, sender)] = member;
    }
}
