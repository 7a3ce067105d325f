using CoopGrid.Protocol.V1;

namespace CoopGrid.Client;

/// <summary>What a relay is to do about its message.</summary>
public enum SendAdvice
{
    /// <summary>Not admitted: do not send.</summary>
    No,

    /// <summary>Admitted by this question: send.</summary>
    Send,

    /// <summary>The key was admitted before this question was asked: whoever asked then has sent, or will. Do not send again.</summary>
    AlreadyAdmitted,

    /// <summary>
    /// The key was known when a retry asked: almost surely an earlier attempt of this same question was charged and its answer
    /// lost. Send if the relay's own records show that it has not sent for this key.
    /// </summary>
    SendUnlessSent,

    /// <summary>Deferred: come again with the ticket in its second (<see cref="CoopGridClient.RedeemAsync"/>).</summary>
    Later,
}

/// <summary>The answer to one question, and after how many attempts it came. Statuses that speak of the request are outcomes here.</summary>
/// <param name="Reply">The grid's answer. Its outcome is UNAVAILABLE if the deadline passed without a decision being known: the same key tells.</param>
/// <param name="Attempts">1 or more.</param>
public sealed record AdmissionAnswer(AdmitReply Reply, int Attempts)
{
    /// <summary>The grid's outcome.</summary>
    public Outcome Outcome => Reply.Outcome;

    /// <summary>Whether the units are charged.</summary>
    public bool IsAdmitted => Reply.Outcome == Outcome.Admitted;

    /// <summary>Whether there is a ticket for later; its units are charged.</summary>
    public bool IsDeferred => Reply.Outcome == Outcome.Deferred;

    /// <summary>What to do about the message.</summary>
    public SendAdvice Advice => IsDeferred ? SendAdvice.Later
        : !IsAdmitted ? SendAdvice.No
        : !Reply.Replayed ? SendAdvice.Send
        : Attempts == 1 ? SendAdvice.AlreadyAdmitted
        : SendAdvice.SendUnlessSent;
}
