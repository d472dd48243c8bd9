// Mission intercepts and slopes of ties, state effects, controls: the parametrisation of a textbook. The syntax of arrays
// is the one that Stan reads since version 2.26; `stan.R` turns it into the older one for older versions.
data {
  int N; int M; int S; int C;
  array[N] int mission; array[N] int state; array[N] int joined;
  vector[N] ties; matrix[N, C] control;
  vector[2] intercept_prior; vector[2] slope_prior; vector[2] control_prior;
  real mission_sd_prior; real slope_sd_prior; real state_sd_prior;
}
parameters {
  real intercept; real ties_slope; vector[C] control_slope;
  real<lower=0> mission_sd; real<lower=0> ties_slope_sd; real<lower=0> state_sd;
  vector[M] mission_intercept; vector[M] mission_ties_slope; vector[S] standard;
}
transformed parameters { vector[S] state_effect = state_sd * standard; }
model {
  intercept ~ normal(intercept_prior[1], intercept_prior[2]); ties_slope ~ normal(slope_prior[1], slope_prior[2]);
  control_slope ~ normal(control_prior[1], control_prior[2]);
  mission_sd ~ normal(0, mission_sd_prior); ties_slope_sd ~ normal(0, slope_sd_prior); state_sd ~ normal(0, state_sd_prior);
  mission_intercept ~ normal(intercept, mission_sd); mission_ties_slope ~ normal(ties_slope, ties_slope_sd);
  standard ~ normal(0, 1);
  joined ~ bernoulli_logit_glm(control, mission_intercept[mission] + mission_ties_slope[mission] .* ties
                               + state_effect[state], control_slope);
}
