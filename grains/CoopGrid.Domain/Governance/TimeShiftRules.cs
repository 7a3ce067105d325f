using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// The numbers of bank and deferral (SPEC.md §8):
/// <list type="number">
/// <item>a class that gives tickets has seconds to give: its horizon leaves one after the shortest time ahead;</item>
/// <item>only a class that is asked for admission gives tickets: a meter reports what has been used.</item>
/// </list>
/// </summary>
internal static class TimeShiftRules
{
    public static void Check(ClassPolicy policy, ErrorList errors)
    {
        errors.Judge(policy.Bank.SharePermille, PolicyLimits.BankPermille, "bank.sharePermille");
        errors.Judge(policy.Bank.CapUnits, PolicyLimits.BankUnits, "bank.capUnits");
        errors.Judge(policy.Bank.DecayPermille, PolicyLimits.BankPermille, "bank.decayPermille");
        DeferralPolicy deferral = policy.Deferral;
        errors.Judge(deferral.DeferMinMs, PolicyLimits.DeferMinMs, "deferral.deferMinMs");
        errors.Judge(deferral.HorizonMs, PolicyLimits.DeferralHorizonMs, "deferral.horizonMs");
        errors.Judge(deferral.MemberCapUnits, PolicyLimits.TicketUnits, "deferral.memberCapUnits");
        if (deferral.HorizonMs == 0 || !errors.AreClean("deferral.deferMinMs", "deferral.horizonMs")) return;
        errors.Judge(
            policy.Entry == UsageEntry.Admitted,
            "deferral.horizonMs",
            $"must be 0 in a metered class, which nobody asks for admission; was {deferral.HorizonMs:N0}");
        errors.Judge(
            deferral.HorizonMs >= deferral.DeferMinMs + 2000,
            "deferral.horizonMs",
            $"must be 0 (no tickets) or at least 2,000 more than deferral.deferMinMs ({deferral.DeferMinMs:N0}), so that a whole second lies between; was {deferral.HorizonMs:N0}");
    }
}
