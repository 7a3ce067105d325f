using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>One key: what its owner asked for and all that it was told.</summary>
internal sealed class Send(string member, string key, string lane, long units, SendForm form)
{
    private readonly Lock _lock = new();
    private AdmitReply? _told;
    private int _fresh;

    public string Member { get; } = member;

    public string Key { get; } = key;

    public long Units { get; } = units;

    /// <summary>Whether it was ever answered ADMITTED.</summary>
    public bool IsAdmitted => _told is not null;

    /// <summary>The total that was asked to be given back; only grows.</summary>
    public long ReturnAsked { get; set; }

    /// <summary>The total that was said to be given back.</summary>
    public long ReturnTold { get; set; }

    /// <summary>How many cancels were said to be done, or found to be.</summary>
    public int Returns { get; set; }

    /// <summary>Units charged, as told.</summary>
    public long Charged => IsAdmitted ? Units - ReturnTold : 0;

    public AdmitRequest Request()
    {
        var request = new AdmitRequest { Coop = Charters.Coop, Key = Key, Lane = lane };
        if (form == SendForm.Sender) request.Sender = $"at {Member}";
        else request.Member = Member;
        if (form == SendForm.Dimensions) request.Dimensions.Add(new Dictionary<string, long> { ["messages"] = Units - 1, ["bytes"] = 1000 });
        else request.Units = Units;
        return request;
    }

    /// <summary>Notes an answer.</summary>
    /// <param name="wasAdmitted">Whether the key was known to be admitted when this was asked.</param>
    /// <returns>What is wrong with the answer, or null.</returns>
    public string? Tell(AdmitReply reply, bool wasAdmitted)
    {
        lock (_lock)
        {
            switch (reply.Outcome)
            {
                case Outcome.Admitted:
                    return TellAdmitted(reply, wasAdmitted);
                case Outcome.KeyCancelled:
                    return ReturnAsked == Units ? null : $"{Key} was never cancelled, and is said to be";
                case Outcome.QuotaExceeded or Outcome.CapacityExceeded or Outcome.PriceAboveLimit:
                    return wasAdmitted ? $"{Key} was admitted ({_told}), and is lost: {reply}" : null;
                case Outcome.Unavailable:
                    return null;
                default:
                    return $"{Key} was answered {reply}";
            }
        }
    }

    private string? TellAdmitted(AdmitReply reply, bool wasAdmitted)
    {
        if (!reply.Replayed) _fresh++;
        if (wasAdmitted && !reply.Replayed) return $"{Key} was admitted ({_told}), and is admitted again: {reply}";
        if (_fresh > 1) return $"{Key} was admitted {_fresh} times";
        if (reply.Units != Units) return $"{Key} of {Units} units was admitted as {reply}";
        AdmitReply plain = reply.Clone();
        plain.Replayed = false;
        _told ??= plain;
        return _told.Equals(plain) ? null : $"{Key} was answered {_told}, and now {plain}";
    }
}

/// <summary>How a request names its member and units.</summary>
internal enum SendForm
{
    Units,
    Dimensions,
    Sender,
}
